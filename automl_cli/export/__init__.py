"""From a trained model to files that serve it without this project, and the proof that they predict the same."""
