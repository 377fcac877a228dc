-- returns: whether a customer was acquired in these days and through these choices, by the first-ever purchase
-- arguments: first_day, first_channel, first_region, first_category, first_sku, cohort_from, cohort_to, channels,
--   channels_all, regions, regions_all, categories, categories_all, skus, skus_all
-- after: chosen
CREATE MACRO acquired(
    first_day, first_channel, first_region, first_category, first_sku, cohort_from, cohort_to, channels,
    channels_all, regions, regions_all, categories, categories_all, skus, skus_all
) AS
    first_day BETWEEN cohort_from AND cohort_to
    AND chosen(first_channel, channels, channels_all)
    AND chosen(first_region, regions, regions_all)
    AND chosen(first_category, categories, categories_all)
    AND chosen(first_sku, skus, skus_all)
