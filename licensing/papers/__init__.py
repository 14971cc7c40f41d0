"""Invoices and credit notes as documents: frozen content in, the same bytes out."""
