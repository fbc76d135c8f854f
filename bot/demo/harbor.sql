-- The harbor's tables. 50,000 rows in all, the same on every machine and at every time.
CREATE TABLE ships (
    id integer PRIMARY KEY,
    name text NOT NULL UNIQUE,
    flag text NOT NULL,
    length_m numeric(5, 1) NOT NULL CHECK (length_m > 0),
    built smallint NOT NULL
);

CREATE TABLE berths (
    id integer PRIMARY KEY,
    quay text NOT NULL,
    depth_m numeric(4, 1) NOT NULL,
    UNIQUE (quay, depth_m)
);

CREATE SEQUENCE booking_numbers START 1;

CREATE TABLE bookings (
    id integer PRIMARY KEY DEFAULT nextval('booking_numbers'),
    ship_id integer NOT NULL REFERENCES ships (id),
    berth_id integer NOT NULL REFERENCES berths (id),
    arrives timestamptz NOT NULL,
    leaves timestamptz NOT NULL,
    cargo text NOT NULL,
    note text NOT NULL DEFAULT '',
    CHECK (leaves > arrives)
);

ALTER SEQUENCE booking_numbers OWNED BY bookings.id;

-- Without a key, as gauges write them.
CREATE TABLE tide_readings (
    gauge text NOT NULL,
    read_at timestamptz NOT NULL,
    level_cm integer NOT NULL
);

CREATE TABLE inspections (
    id integer PRIMARY KEY,
    ship_id integer NOT NULL REFERENCES ships (id),
    inspected_on date NOT NULL,
    passed boolean NOT NULL
);

INSERT INTO ships (id, name, flag, length_m, built)
SELECT n,
    (ARRAY['Albatros', 'Brise', 'Calypso', 'Dorado', 'Étoile', 'Fjord', 'Gaviota', 'Halcyon',
           'Iris', 'Jörmungand'])[1 + n % 10]
        || ' ' || (ARRAY['of Brest', 'of Cork', 'of Gdańsk', 'of Lübeck', 'of Malmö'])[1 + n / 10 % 5]
        || ' ' || n,
    (ARRAY['FR', 'IE', 'PL', 'DE', 'SE', 'PT', 'NO'])[1 + n % 7],
    40 + (n * 37 % 3100) / 10.0,
    1985 + n * 13 % 40
FROM generate_series(1, 500) AS n;

INSERT INTO berths (id, quay, depth_m)
SELECT n, (ARRAY['North', 'South', 'East', 'Oil'])[1 + n % 4], 6 + n / 4.0
FROM generate_series(1, 40) AS n;

INSERT INTO bookings (ship_id, berth_id, arrives, leaves, cargo, note)
SELECT 1 + n * 7919 % 500,
    1 + n * 31 % 40,
    timestamptz '2025-01-01 00:00+00' + n * interval '23 minutes',
    timestamptz '2025-01-01 00:00+00' + n * interval '23 minutes' + (4 + n % 44) * interval '1 hour',
    (ARRAY['grain', 'timber', 'containers', 'fish', 'steel', 'wind turbines', 'nothing'])[1 + n % 7],
    CASE WHEN n % 50 = 0 THEN 'pilot asked for: ' || md5(n::text) ELSE '' END
FROM generate_series(1, 42000) AS n;

INSERT INTO tide_readings (gauge, read_at, level_cm)
SELECT (ARRAY['mole', 'lock', 'basin'])[1 + n % 3],
    timestamptz '2026-01-01 00:00+00' + n / 3 * interval '20 minutes',
    round(380 + 290 * sin(n / 3 * 0.1687))::integer
FROM generate_series(1, 5460) AS n;

INSERT INTO inspections (id, ship_id, inspected_on, passed)
SELECT n, 1 + n * 17 % 500, date '2024-01-01' + n % 900, n % 11 <> 0
FROM generate_series(1, 2000) AS n;

CREATE INDEX bookings_of_a_ship ON bookings (ship_id, arrives);
CREATE INDEX bookings_of_a_berth ON bookings (berth_id, arrives);

CREATE VIEW berth_load AS
SELECT berths.id AS berth_id, berths.quay, count(bookings.id) AS bookings
FROM berths LEFT JOIN bookings ON bookings.berth_id = berths.id
GROUP BY berths.id, berths.quay;

COMMENT ON TABLE bookings IS 'Who lies where, and until when.';

ALTER TABLE ships OWNER TO harbor;
ALTER TABLE berths OWNER TO harbor;
ALTER TABLE bookings OWNER TO harbor;
ALTER TABLE tide_readings OWNER TO harbor;
ALTER VIEW berth_load OWNER TO harbor;
-- The customs keep their own table; the harbor may only look at it.
ALTER TABLE inspections OWNER TO customs;
GRANT SELECT ON inspections TO harbor;
GRANT SELECT ON ships TO customs;

ANALYZE;
