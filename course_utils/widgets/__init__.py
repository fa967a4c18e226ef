"""Widgets that compute in the browser: alive in JupyterLab, and in a deck without a kernel."""
