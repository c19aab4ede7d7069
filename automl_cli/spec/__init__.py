"""What is asked: the dataset and the search, as files that people edit."""
