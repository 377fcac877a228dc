"""Why a customer is not on the list of those to rescue; `queries/jobs/buying/scores.sql` holds the rule.

The first that holds: who said no to being contacted (not who never said); who bought in the last days (14 unless set);
who gave something back lately (30); who is lost by the rules of the stages; and who is neither quiet nor at risk. Quiet
is a customer whose last purchase is longer ago than the median of the own times between purchases or, with fewer than
two of these, than three in four customers took who came back after as many purchases.
"""

REASONS = ("not_contactable", "recent", "returning", "lost", "in_rhythm")
