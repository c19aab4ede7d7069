"""Which trial is next, and until when: strategies behind one ask/tell door, a clock, and the loop between them."""
