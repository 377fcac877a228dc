"""Phones, e-mails and other keys of persons: made one form, replaced by keyed pseudonyms, and told to linking."""
