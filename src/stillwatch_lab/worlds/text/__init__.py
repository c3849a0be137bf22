"""The material of texts: the corpus, its languages, the wording of people, jobs and campaigns."""
