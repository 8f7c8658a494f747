-- Six kinds of drift. What wixrecon does beside them is left out: links by other
-- ids, near ids, duplicates, conflicts, invalid rows, rows in flight, money.
-- Joins from the smaller side, one kind at a time: with one query for all kinds
-- DuckDB took twice the time and memory.

SET threads = 2;

CREATE TEMP TABLE instances AS
SELECT trim(externalId) AS external_id, id AS package_id, accountId AS account_id, i.instanceId AS instance_id,
    lower(i.siteId) AS site_id, lower(i.catalogProductId) AS product_id,
    i.status IN ('PENDING', 'ENABLED', 'AWAITING_ACTION') AS live
FROM (
    SELECT id, accountId, externalId, unnest(productInstances) AS i
    FROM read_json({packages}, format = 'newline_delimited', columns = {
        id: 'VARCHAR', accountId: 'VARCHAR', externalId: 'VARCHAR',
        productInstances: 'STRUCT(instanceId VARCHAR, siteId VARCHAR, catalogProductId VARCHAR, status VARCHAR)[]'})
);

CREATE TEMP TABLE lines AS
SELECT trim(external_id) AS external_id, account_id, lower(catalog_product_id) AS product_id, lower(site_id) AS site_id,
    CASE
        WHEN end_date <= '2026-11-01' OR status = 'canceled' AND end_date IS NULL THEN 'ended'
        WHEN status = 'pending' OR start_date > '2026-11-01' THEN 'upcoming'
        ELSE 'active'
    END AS phase
FROM read_csv({ledger}, header = true, all_varchar = true);

CREATE TEMP TABLE findings (
    kind VARCHAR, account_id VARCHAR, external_id VARCHAR, package_id VARCHAR, instance_id VARCHAR,
    ledger_value VARCHAR, wix_value VARCHAR);

INSERT INTO findings BY NAME
SELECT DISTINCT 'missing_package' AS kind, account_id, external_id
FROM lines l
WHERE phase = 'active' AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.external_id = l.external_id);

INSERT INTO findings BY NAME
SELECT DISTINCT 'orphan_package' AS kind, account_id, external_id, package_id
FROM instances i
WHERE live AND NOT EXISTS (SELECT 1 FROM lines l WHERE l.external_id = i.external_id);

INSERT INTO findings BY NAME
SELECT DISTINCT 'canceled_in_ledger' AS kind, i.account_id, external_id, i.package_id
FROM instances i JOIN lines l USING (external_id)
WHERE i.live AND l.phase = 'ended'
    AND NOT EXISTS (SELECT 1 FROM lines o WHERE o.external_id = i.external_id AND o.phase <> 'ended');

INSERT INTO findings BY NAME
SELECT DISTINCT 'canceled_at_wix' AS kind, i.account_id, external_id, i.package_id
FROM instances i JOIN lines l USING (external_id)
WHERE NOT i.live AND l.phase = 'active'
    AND NOT EXISTS (SELECT 1 FROM instances o WHERE o.external_id = i.external_id AND o.live);

INSERT INTO findings BY NAME
SELECT DISTINCT 'product_mismatch' AS kind, i.account_id, external_id, i.package_id, i.instance_id,
    l.product_id AS ledger_value, i.product_id AS wix_value
FROM lines l JOIN instances i USING (external_id)
WHERE l.phase = 'active' AND i.live AND l.product_id <> i.product_id
    AND NOT EXISTS (SELECT 1 FROM instances o
        WHERE o.external_id = l.external_id AND o.product_id = l.product_id AND o.live);

INSERT INTO findings BY NAME
SELECT DISTINCT 'site_mismatch' AS kind, i.account_id, external_id, i.package_id, i.instance_id,
    l.site_id AS ledger_value, coalesce(i.site_id, 'none') AS wix_value
FROM lines l JOIN instances i USING (external_id)
WHERE l.phase = 'active' AND i.live AND l.product_id = i.product_id AND l.site_id <> coalesce(i.site_id, 'none')
    AND NOT EXISTS (SELECT 1 FROM instances o
        WHERE o.external_id = l.external_id AND coalesce(o.site_id, 'none') = l.site_id AND o.live);

COPY (SELECT * FROM findings ORDER BY ALL) TO {findings} (HEADER);
