-- returns: the stage of a customer who has bought: new, active, loyal, won_back, at_risk or lost
-- arguments: purchases, inactivity_days, last_inter_purchase_days, active_days, lost_days, loyal_purchases
-- The rule of shopkeeper/models/buying/stages.py, in the same order. `last_inter_purchase_days`: days between the last two purchases,
-- NULL where there was one.
CREATE MACRO stage(purchases, inactivity_days, last_inter_purchase_days, active_days, lost_days, loyal_purchases) AS
    CASE
        WHEN inactivity_days > lost_days THEN 'lost'
        WHEN inactivity_days > active_days THEN 'at_risk'
        WHEN purchases = 1 THEN 'new'
        WHEN last_inter_purchase_days > lost_days THEN 'won_back'
        WHEN purchases >= loyal_purchases THEN 'loyal'
        ELSE 'active'
    END
