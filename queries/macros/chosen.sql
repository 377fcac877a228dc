-- returns: whether a value is among those chosen
-- arguments: candidate, choices, choices_all
-- A choice of nothing is an empty list and lets nothing through; all is said by `choices_all`.
CREATE MACRO chosen(candidate, choices, choices_all) AS choices_all OR list_contains(choices, candidate)
