-- grain: one row per channel with an account that ordered, and one for all channels, without a name
-- parameters: none
SELECT i.*
FROM identity_channels AS i
ORDER BY revenue DESC, channel
