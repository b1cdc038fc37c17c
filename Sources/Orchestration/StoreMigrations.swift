import GRDB

/// The tables of the run store. A migration is never changed after it was released; another is added.
enum StoreMigrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(
            "1: runs, events, materializations, metrics, checks, deployments"
        ) {
            try $0.execute(sql: first)
        }
        migrator.registerMigration("2: digests of files") { try $0.execute(sql: second) }
        migrator.registerMigration("3: durations by a clock that isn't set") {
            try $0.execute(sql: third)
        }
        migrator.registerMigration("4: what is remembered of files, in columns") {
            try $0.execute(sql: fourth)
        }
        migrator.registerMigration("5: runs' paths from the root on") {
            try $0.execute(sql: "ALTER TABLE run ADD COLUMN paths TEXT NOT NULL DEFAULT '{}'")
        }
        return migrator
    }

    // Times in nanoseconds since 1970. What was remembered before is found again by reading the files.
    private static let fourth = """
        DROP TABLE file_digest;
        CREATE TABLE file_state (
            path TEXT PRIMARY KEY NOT NULL,
            device INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            changed INTEGER NOT NULL,
            digest TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    // Durations are measured: dates can be set in between. `elapsed` is what passed since the run began.
    private static let third = """
        ALTER TABLE run ADD COLUMN seconds REAL;
        ALTER TABLE event ADD COLUMN elapsed REAL;
        ALTER TABLE metric ADD COLUMN elapsed REAL;
        """

    private static let second = """
        CREATE TABLE file_digest (
            path TEXT PRIMARY KEY NOT NULL,
            identity TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    // Times are seconds since 1970, in UTC; texts named json or metadata hold JSON.
    private static let first = """
        CREATE TABLE run (
            id TEXT PRIMARY KEY NOT NULL,
            job TEXT NOT NULL,
            status TEXT NOT NULL,
            started_at REAL NOT NULL,
            finished_at REAL,
            failure TEXT,
            config TEXT NOT NULL,
            environment TEXT NOT NULL,
            tags TEXT NOT NULL
        ) STRICT;
        CREATE INDEX run_by_start ON run (started_at);

        CREATE TABLE event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            at REAL NOT NULL,
            kind TEXT NOT NULL,
            asset TEXT,
            seconds REAL,
            message TEXT
        ) STRICT;
        CREATE INDEX event_by_run ON event (run);

        -- Outlives the run that made it while other runs have it.
        CREATE TABLE materialization (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            run TEXT REFERENCES run (id) ON DELETE SET NULL,
            asset TEXT NOT NULL,
            version TEXT NOT NULL,
            code_version TEXT NOT NULL,
            config TEXT NOT NULL,
            artifact TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            metadata TEXT NOT NULL,
            at REAL NOT NULL
        ) STRICT;
        CREATE INDEX materialization_by_version ON materialization (asset, version);
        CREATE INDEX materialization_by_run ON materialization (run);

        -- What each run had of each asset, made by it or by an earlier run.
        CREATE TABLE run_asset (
            run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            asset TEXT NOT NULL,
            materialization INTEGER NOT NULL REFERENCES materialization (id),
            PRIMARY KEY (run, asset)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE materialization_input (
            materialization INTEGER NOT NULL REFERENCES materialization (id) ON DELETE CASCADE,
            asset TEXT NOT NULL,
            input INTEGER NOT NULL REFERENCES materialization (id),
            PRIMARY KEY (materialization, asset)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE metric (
            run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            step INTEGER NOT NULL,
            epoch INTEGER,
            value REAL,
            at REAL NOT NULL,
            PRIMARY KEY (run, name, step)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE check_result (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            asset TEXT NOT NULL,
            name TEXT NOT NULL,
            severity TEXT NOT NULL,
            passed INTEGER NOT NULL,
            evidence TEXT NOT NULL,
            at REAL NOT NULL
        ) STRICT;
        CREATE INDEX check_by_run ON check_result (run);

        CREATE TABLE deployment (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            model TEXT NOT NULL,
            strategy TEXT NOT NULL,
            outcome TEXT NOT NULL,
            reason TEXT NOT NULL,
            at REAL NOT NULL
        ) STRICT;
        """
}
