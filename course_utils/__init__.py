"""The thin helper package of the course: what is not the lesson."""

from course_utils import memory

memory.large_blocks_apart()
