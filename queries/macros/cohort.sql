-- returns: the first day of the period of a first purchase
-- arguments: period, week_offset, first_day, cohort_month, cohort_quarter
-- Weeks start `week_offset` days before Monday: 0, or 1 for Sunday.
CREATE MACRO cohort(period, week_offset, first_day, cohort_month, cohort_quarter) AS
    CASE period
        WHEN 'day' THEN first_day
        WHEN 'week' THEN first_day - ((isodow(first_day) - 1 + week_offset) % 7)::INTEGER
        WHEN 'month' THEN cohort_month
        ELSE cohort_quarter
    END
