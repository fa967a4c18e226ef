"""The thin helper package of the course: what is not the lesson."""
