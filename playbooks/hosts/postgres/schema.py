"""Which objects a database has, as digests that no number of rows changes."""

import hashlib

from playbooks.datastores.postgres_model import Schema
from playbooks.hosts.postgres.connection import Connection

# Each question gives (name, definition). Members of extensions belong to the extension; what
# partitions inherit belongs to their parent.
_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_NOT_OF_EXTENSION = (
    "NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.deptype = 'e' "
    "AND x.classid = '{catalogue}'::regclass AND x.objid = {oid})"
)
_RELATIONS = (
    "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    f"AND {_OURS} AND {_NOT_OF_EXTENSION.format(catalogue='pg_class', oid='c.oid')}"
)
_NAME = "format('%I.%I', n.nspname, c.relname)"

_SECTIONS = {
    "schemas": f"""
        SELECT quote_ident(nspname), pg_get_userbyid(nspowner) FROM pg_namespace n WHERE {_OURS}
          AND {_NOT_OF_EXTENSION.format(catalogue="pg_namespace", oid="n.oid")}""",
    "relations": f"""
        SELECT concat_ws(' ', c.relkind, {_NAME}),
               concat_ws(' ', pg_get_userbyid(c.relowner), c.relpersistence, c.relrowsecurity,
                         c.relforcerowsecurity, pg_get_expr(c.relpartbound, c.oid),
                         pg_get_partkeydef(c.oid), c.reloptions)
        FROM {_RELATIONS} WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')""",
    "columns": f"""
        SELECT {_NAME} || '.' || quote_ident(a.attname),
               concat_ws(' ', row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum),
                         format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                         a.attgenerated, pg_get_expr(d.adbin, d.adrelid), l.collname)
        FROM {_RELATIONS}
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')""",
    "constraints": f"""
        SELECT {_NAME} || ' ' || quote_ident(k.conname),
               concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated)
        FROM {_RELATIONS} JOIN pg_constraint k ON k.conrelid = c.oid
        WHERE k.conparentid = 0 AND k.contype NOT IN ('n', 't')""",
    "indexes": f"""
        SELECT {_NAME}, pg_get_indexdef(c.oid)
        FROM {_RELATIONS} JOIN pg_index i ON i.indexrelid = c.oid
        WHERE i.indisvalid OR c.relkind = 'I'""",
    "views": f"""
        SELECT {_NAME}, pg_get_viewdef(c.oid) FROM {_RELATIONS} WHERE c.relkind IN ('v', 'm')""",
    "functions": f"""
        SELECT p.oid::regprocedure::text,
               concat_ws(' ', pg_get_userbyid(p.proowner), CASE WHEN p.prokind <> 'a'
                         THEN pg_get_functiondef(p.oid) END)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND {_OURS}
          AND {_NOT_OF_EXTENSION.format(catalogue="pg_proc", oid="p.oid")}""",
    "sequences": f"""
        SELECT {_NAME}, concat_ws(' ', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement,
                                  s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
        FROM {_RELATIONS} JOIN pg_sequence s ON s.seqrelid = c.oid""",
    "triggers": f"""
        SELECT {_NAME} || ' ' || quote_ident(t.tgname),
               concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
        FROM {_RELATIONS} JOIN pg_trigger t ON t.tgrelid = c.oid
        WHERE NOT t.tgisinternal AND t.tgparentid = 0""",
    "rules": f"""
        SELECT {_NAME} || ' ' || quote_ident(r.rulename), pg_get_ruledef(r.oid)
        FROM {_RELATIONS} JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'""",
    "types": f"""
        SELECT format('%I.%I', n.nspname, t.typname),
               concat_ws(' ', t.typtype, format_type(nullif(t.typbasetype, 0), t.typtypmod),
                         t.typnotnull, t.typdefault,
                         (SELECT string_agg(quote_literal(e.enumlabel), ','
                                            ORDER BY e.enumsortorder)
                          FROM pg_enum e WHERE e.enumtypid = t.oid),
                         (SELECT string_agg(pg_get_constraintdef(k.oid), ',' ORDER BY k.conname)
                          FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n'))
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace AND {_OURS}
          AND {_NOT_OF_EXTENSION.format(catalogue="pg_type", oid="t.oid")}
        WHERE t.typtype IN ('e', 'd', 'r')""",
    "policies": f"""
        SELECT {_NAME} || ' ' || quote_ident(p.polname),
               concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
                         pg_get_expr(p.polwithcheck, p.polrelid),
                         (SELECT string_agg(coalesce(r.rolname, 'public'), ',' ORDER BY r.rolname)
                          FROM unnest(p.polroles) u LEFT JOIN pg_roles r ON r.oid = u))
        FROM {_RELATIONS} JOIN pg_policy p ON p.polrelid = c.oid""",
    "grants": f"""
        SELECT concat_ws(' ', g.name, coalesce(r.rolname, 'public'), g.privilege_type,
                         g.is_grantable), ''
        FROM (SELECT {_NAME} AS name, (aclexplode(coalesce(c.relacl, acldefault(
                CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)))).*
              FROM {_RELATIONS} WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
              UNION ALL
              SELECT quote_ident(n.nspname),
                     (aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner)))).*
              FROM pg_namespace n WHERE {_OURS}
                AND {_NOT_OF_EXTENSION.format(catalogue="pg_namespace", oid="n.oid")}
              UNION ALL
              SELECT p.oid::regprocedure::text,
                     (aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))).*
              FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND {_OURS}
                AND {_NOT_OF_EXTENSION.format(catalogue="pg_proc", oid="p.oid")}) g
        LEFT JOIN pg_roles r ON r.oid = g.grantee""",
}


def read_schema(connection: Connection) -> Schema:
    """The digests of the database that `connection` is in. Its search_path must be empty."""
    names: dict[str, str] = {}
    definitions: dict[str, str] = {}
    for section, question in _SECTIONS.items():
        objects = sorted((str(name), str(text)) for name, text in connection.execute(question))
        names[section] = _digest([name for name, _ in objects])
        definitions[section] = _digest([part for found in objects for part in found])
    return Schema(names=names, definitions=definitions)


def _digest(texts: list[str]) -> str:
    """A short digest of a list of texts; lengths keep neighbours apart."""
    state = hashlib.sha256()
    for text in texts:
        encoded = text.encode()
        state.update(f"{len(encoded)}:".encode())
        state.update(encoded)
    return state.hexdigest()[:24]
