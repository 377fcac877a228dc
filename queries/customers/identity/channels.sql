-- grain: one row per channel with an account that ordered, and one for all channels, without a name
-- parameters: none
SELECT *
FROM identity_channels
ORDER BY revenue DESC, channel
