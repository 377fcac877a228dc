-- grain: one row per line of sale or refund of a touched order that was not there just so before, or no longer is
-- parameters: none
(SELECT n.* FROM touched_lines AS n EXCEPT ALL SELECT b.* FROM before_lines AS b)
UNION ALL
(SELECT b.* FROM before_lines AS b EXCEPT ALL SELECT n.* FROM touched_lines AS n)
