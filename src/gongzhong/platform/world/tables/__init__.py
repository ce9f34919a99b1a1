"""The tables of the platform's memory, one module per chapter.

A chapter that needs memory of its own adds a module here and its name below; a data directory written with other
tables is refused when it is opened.
"""

from . import articles, core, customer_service, pages, privacy, recognition, sending, statistics, tools

SCHEMA = (
    core.TABLES
    + articles.TABLES
    + sending.TABLES
    + customer_service.TABLES
    + statistics.TABLES
    + pages.TABLES
    + privacy.TABLES
    + tools.TABLES
    + recognition.TABLES
)
