-- returns: how many periods after that of the first purchase a day lies
-- arguments: period, week_offset, first_day, day_age, month_age, quarter_age
-- Weeks start `week_offset` days before Monday: 0, or 1 for Sunday. Ages are those of the day, NULL where they are.
CREATE MACRO calendar_age(period, week_offset, first_day, day_age, month_age, quarter_age) AS
    CASE period
        WHEN 'day' THEN day_age
        WHEN 'week' THEN ((isodow(first_day) - 1 + week_offset) % 7 + day_age) // 7
        WHEN 'month' THEN month_age
        ELSE quarter_age
    END
