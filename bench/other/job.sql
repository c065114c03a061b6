-- The job as one SQL script for DuckDB, run in the folder of the data; `out` is the folder to write to, and
-- judged(address) is email-validator, as a function. Keys are 64-bit hashes, which is what makes it fast.
SET VARIABLE as_of = TIMESTAMPTZ '2026-07-01 00:00:00+00';

CREATE TEMP TABLE list AS
SELECT row_number() OVER () AS row, hash(address) AS key, address, subscribed_at
FROM (
    SELECT lower(regexp_replace(coalesce(email, ''), '^\s+|\s+$', '', 'g')) AS address,
           try_cast(subscribed_at AS TIMESTAMPTZ) AS subscribed_at
    FROM read_csv('list.csv', all_varchar = true)
);

CREATE TEMP TABLE people AS
SELECT key, any_value(address) AS address, max(subscribed_at) AS subscribed_at, min(row) AS first_row
FROM list GROUP BY key;

-- Syntax: what the expression does not accept is asked of the library.
CREATE TEMP TABLE odd AS
SELECT key, judged(address) AS syntax FROM people
WHERE NOT (
    regexp_matches(address, '^[a-z0-9_!#$%&''*+\-/=?^`{|}~]+(?:\.[a-z0-9_!#$%&''*+\-/=?^`{|}~]+)*'
        || '@(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+(?:[a-z0-9][a-z0-9\-]*)?[a-z]$')
    AND strlen(address) <= 64 AND NOT contains(address, '--')
    AND NOT regexp_matches(address, '\.(?:arpa|invalid|local|localhost|onion|test)$')
);

CREATE TEMP TABLE signs AS
SELECT hash(lower(address)) AS key,
       max(occurred_at) FILTER (kind = 'delivered') AS delivered_last_at,
       min(occurred_at) FILTER (kind = 'delivered') AS delivered_first_at,
       max(occurred_at) FILTER (kind IN ('opened', 'clicked') AND is_machine IS NOT true) AS human_at,
       max(occurred_at) FILTER (kind = 'clicked' AND is_machine IS NOT true) AS clicked_at,
       max(occurred_at) FILTER (kind = 'opened' AND is_machine) AS machine_opened_at,
       max(occurred_at) FILTER (kind = 'complained') AS complained_at,
       max(occurred_at) FILTER (kind = 'unsubscribed') AS unsubscribed_at,
       max(occurred_at) FILTER (kind = 'resubscribed') AS resubscribed_at
FROM read_parquet('events/*.parquet') WHERE occurred_at <= getvariable('as_of') GROUP BY ALL;

-- Days with a delivery, and those of them that nobody answered.
CREATE TEMP TABLE deliveries AS
SELECT key, count(*) AS deliveries,
       count(*) FILTER (last > coalesce(greatest(human_at, resubscribed_at), '-infinity')) AS unengaged
FROM (
    SELECT hash(lower(address)) AS key, max(occurred_at) AS last
    FROM read_parquet('events/*.parquet')
    WHERE kind = 'delivered' AND occurred_at <= getvariable('as_of')
    GROUP BY key, (epoch_us(occurred_at) // 86400000000)::INTEGER
) JOIN signs USING (key) GROUP BY key;

-- Bounces since the last delivery, as the ESP named them; soft ones since the last engagement, too.
CREATE TEMP TABLE bounces AS
SELECT key,
       count(DISTINCT day) FILTER (is_hard) AS hard_days,
       min(occurred_at) FILTER (is_hard) AS hard_first_at, max(occurred_at) FILTER (is_hard) AS hard_last_at,
       count(DISTINCT day) FILTER (is_soft) AS soft_days,
       min(occurred_at) FILTER (is_soft) AS soft_first_at, max(occurred_at) FILTER (is_soft) AS soft_last_at
FROM (
    SELECT key, occurred_at, epoch_us(occurred_at) // 86400000000 AS day,
           esp_verdict = 'hard' AS is_hard,
           esp_verdict = 'soft' AND occurred_at > coalesce(human_at, '-infinity') AS is_soft
    FROM (SELECT *, hash(lower(address)) AS key FROM read_parquet('events/*.parquet') WHERE kind = 'bounced')
    LEFT JOIN signs USING (key)
    WHERE occurred_at <= getvariable('as_of') AND occurred_at > coalesce(delivered_last_at, '-infinity')
) GROUP BY key;

CREATE TEMP TABLE evidence AS
SELECT key, address, first_row, subscribed_at, signs.* EXCLUDE (key), deliveries, unengaged, bounces.* EXCLUDE (key),
       coalesce(syntax, 'valid') AS syntax,
       answers.mx_status, answers.observations, answers.last_good_at,
       answers.observed_at - answers.first_observed_at AS observed_for,
       coalesce(human_at >= hard_first_at - INTERVAL 90 DAY, false) AS reads,
       CASE WHEN deliveries < 2 OR deliveries IS NULL THEN 274
            WHEN epoch(delivered_last_at - delivered_first_at) / 86400 / (deliveries - 1) <= 2 THEN 30
            WHEN epoch(delivered_last_at - delivered_first_at) / 86400 / (deliveries - 1) <= 10 THEN 60
            WHEN epoch(delivered_last_at - delivered_first_at) / 86400 / (deliveries - 1) <= 20 THEN 90
            WHEN epoch(delivered_last_at - delivered_first_at) / 86400 / (deliveries - 1) <= 45 THEN 180
            ELSE 274 END * INTERVAL 1 DAY AS idle_window
FROM people
LEFT JOIN odd USING (key) LEFT JOIN signs USING (key) LEFT JOIN deliveries USING (key) LEFT JOIN bounces USING (key)
LEFT JOIN read_parquet('answers.parquet') AS answers ON answers.domain = split_part(people.address, '@', -1);

-- The first reason that applies.
CREATE TEMP TABLE decided AS
SELECT key, first_row, CASE
    WHEN complained_at IS NOT NULL THEN 'complaint'
    WHEN unsubscribed_at > coalesce(resubscribed_at, '-infinity') THEN 'unsubscribe'
    WHEN hard_days >= 1 AND NOT reads THEN 'hard_bounce'
    WHEN hard_days >= 2 AND hard_last_at - hard_first_at >= INTERVAL 72 HOUR THEN 'hard_bounce'
    WHEN mx_status IN ('null_mx', 'unroutable') THEN 'dead_domain'
    WHEN mx_status = 'nxdomain' AND observations >= 2 AND observed_for >= INTERVAL 48 HOUR THEN 'dead_domain'
    WHEN mx_status = 'no_data' AND observations >= 3 AND observed_for >= INTERVAL 7 DAY THEN 'dead_domain'
    WHEN syntax = 'invalid' THEN 'invalid'
    WHEN regexp_matches(address, '^(?:abuse|noc|security|ftp|hostmaster|news|postmaster|usenet|uucp|webmaster|www)(?:\+.*)?@')
        AND clicked_at >= getvariable('as_of') - INTERVAL 180 DAY IS NOT true THEN 'role'
    WHEN soft_days >= 3 AND soft_last_at - soft_first_at >= INTERVAL 14 DAY THEN 'soft_bounce'
    WHEN unengaged >= 6
        AND getvariable('as_of') - greatest(human_at, resubscribed_at, delivered_first_at, subscribed_at) > idle_window
        AND least(delivered_first_at, subscribed_at) < getvariable('as_of') - INTERVAL 180 DAY
        AND getvariable('as_of') - machine_opened_at <= idle_window IS NOT true THEN 'unengaged'
    WHEN hard_days >= 1 OR syntax = 'smtputf8' OR (mx_status = 'temperror' AND last_good_at IS NULL) THEN 'hold'
    ELSE 'kept' END AS reason
FROM evidence;

-- A second pass over the list, with the reasons glued on by row; every other living row of a key is a duplicate.
CREATE TEMP TABLE reasons AS
SELECT CASE WHEN reason IN ('kept', 'hold') AND row > first_row THEN 'duplicate' ELSE reason END AS reason
FROM list JOIN decided USING (key) ORDER BY row;

COPY (
    SELECT rows.* FROM read_csv('list.csv', all_varchar = true) AS rows POSITIONAL JOIN reasons WHERE reason = 'kept'
) TO 'out/clean.csv';
COPY (
    SELECT * FROM read_csv('list.csv', all_varchar = true) AS rows POSITIONAL JOIN reasons WHERE reason <> 'kept'
) TO 'out/suppressed.csv';
COPY (
    SELECT row - 1 AS row, address, reason FROM list POSITIONAL JOIN reasons WHERE reason <> 'kept'
) TO 'out/audit.parquet';
