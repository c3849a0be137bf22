"""What is asked: the corpus, its languages, and how requests are composed from it."""
