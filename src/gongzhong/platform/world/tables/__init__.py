"""The tables of the platform's memory, one module per chapter.

A chapter that needs memory of its own adds a module here and its name below; a data directory written with other
tables is refused when it is opened.
"""

from . import articles, core, recognition, sending

SCHEMA = core.TABLES + articles.TABLES + sending.TABLES + recognition.TABLES
