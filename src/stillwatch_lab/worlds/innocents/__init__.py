"""Innocent groups whose accounts look as if they acted together: crowds, jobs and organisations."""
