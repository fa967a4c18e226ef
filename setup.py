"""All of it stands in pyproject.toml; this lets `pip install -e` copy its data files as well.

Where setuptools looks whether a project has any, it asks for `has_data`, which is called
`has_data_files`; so an editable install leaves them out.
"""

from setuptools import Distribution, setup


class WithData(Distribution):
    """A distribution whose data files are found."""

    has_data = Distribution.has_data_files


setup(distclass=WithData)
