"""The document in each form that a person or a program reads."""
