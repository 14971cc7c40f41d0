"""Spanish with a decimal point.

As in Mexico and Central America (CLDR, es-419): what people copy from a page into a
program stays the number that it is.
"""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
