/** Databases that steps may use, as the configuration names them. A password, and a URL that holds one, is a secret. */
export type DatabaseConnection = PostgresConnection | MysqlConnection | SqliteConnection;

interface DatabaseOptions {
  /** Enforced by the database itself. Default false. */
  readonly readOnly?: boolean;
  /** A step whose result has more rows fails with ROWS_EXCEEDED. Default 10,000. */
  readonly maxRows?: number;
  /** Open at once; more steps wait. Default 10, of a SQLite file 2. */
  readonly maxConnections?: number;
  /** A table in the same database that remembers which writes were done: made where it is missing. Default none. */
  readonly idempotencyTable?: string;
}

interface ServerOptions extends DatabaseOptions {
  /** `postgresql://user:password@host:5432/database`, instead of its parts; of both the parts count. */
  readonly url?: string;
  /** Default localhost. */
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  /** Default: the server's own choice. */
  readonly database?: string;
  /** Encrypts the connection. Default false. */
  readonly ssl?: boolean;
  /** False believes whoever answers. Default true. */
  readonly sslVerify?: boolean;
  /** Certificates of the server's authority, as PEM. Default: those that the runtime knows. */
  readonly sslAuthority?: string;
}

export interface PostgresConnection extends ServerOptions {
  readonly type: 'postgres';
}

/** MariaDB too. */
export interface MysqlConnection extends ServerOptions {
  readonly type: 'mysql';
}

export interface SqliteConnection extends DatabaseOptions {
  readonly type: 'sqlite';
  /** Inside the folder of databases. */
  readonly path: string;
}

export interface OwnPlaces {
  /** Where the engine itself keeps everything: no step reaches it. */
  readonly storage: string;
  /** SQLite files of connections lie in here. */
  readonly databasesFolder: string;
}
