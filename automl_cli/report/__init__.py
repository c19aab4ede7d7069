"""One self-contained HTML page about a run: numbers first, drawing second."""
