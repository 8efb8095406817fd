/** Every environment variable there is: what config.ts may read, and what `clientele help settings` lists. */

export type Setting = {
  /** What it is for. */
  readonly about: string
  /** Taken when it is absent, as if it had been written; null: absent means something of its own, told in `absent`. */
  readonly fallback: string | null
  readonly absent?: string
}

export const settings = {
  PORT: { about: 'where the server listens; 0 = any free port', fallback: '8000' },
  HOST: { about: 'address it listens on; 0.0.0.0 = all', fallback: '127.0.0.1' },
  NODE_ENV: {
    about: 'production: stricter defaults, live API keys, master keys required',
    fallback: null,
    absent: 'development',
  },
  DATABASE_URL: {
    about:
      'an existing PostgreSQL, 15 or newer; a primary and its replicas: postgresql://user@first:5432,second:5432/name',
    fallback: null,
    absent: 'embedded',
  },
  DATABASE_OWNER_URL: {
    about: "the schema owner's, where DATABASE_URL signs in as the application's role",
    fallback: null,
    absent: 'DATABASE_URL',
  },
  DATABASE_REPLICA_URL: {
    about:
      'streaming replicas that long reads of jobs and commands go to: postgresql://first:5432,second:5432; what it leaves out is as in DATABASE_URL',
    fallback: null,
    absent: 'all reads go to the primary',
  },
  CLIENTELE_DATABASE_POOL: { about: 'database connections of one process', fallback: '16' },
  CLIENTELE_DATABASE_SILENCE_SECONDS: {
    about: 'how long the database may leave a question without an answer before its connection is given up',
    fallback: '45',
  },
  CLIENTELE_CLIENT_SILENCE_SECONDS: {
    about: 'how long a client may say nothing in the middle of a request, or take nothing of its answer',
    fallback: '60',
  },
  CLIENTELE_POSTGRES_BIN: {
    about: "folder of another PostgreSQL's initdb and postgres for the embedded database",
    fallback: null,
    absent: 'the one among the packages',
  },
  CLIENTELE_CONSOLE_BUILD: {
    about: 'on or off: whether "start" builds the console when it is missing or older than its sources',
    fallback: 'on',
  },
  CLIENTELE_DATA_DIR: { about: 'embedded database, generated keys', fallback: './data' },
  CLIENTELE_MASTER_KEYS: {
    about: 'Fernet keys, comma-separated, the first encrypts ("clientele key generate")',
    fallback: null,
    absent: 'made in the data directory',
  },
  CLIENTELE_ADMIN_PASSWORD: {
    about: 'password of the first administrator',
    fallback: null,
    absent: 'generated, printed once',
  },
  CLIENTELE_SELF_REGISTRATION: {
    about: 'open or closed: whether clients may register without a credential',
    fallback: null,
    absent: 'open; closed in production',
  },
  CLIENTELE_RATE_LIMITS: {
    about:
      'on, off, or requests a minute: user=100,tenant=1000,transfer=10,address=100 (address: callers without a credential)',
    fallback: 'on',
  },
  CLIENTELE_OUTBOUND_ALLOW: {
    about: 'hosts, addresses or networks that outbound calls may reach though private, comma-separated',
    fallback: null,
    absent: 'none',
  },
  CLIENTELE_PUBLIC_URL: { about: 'issuer and base of links', fallback: null, absent: 'http://localhost:PORT' },
  CLIENTELE_TRUST_PROXY: {
    about: 'addresses or networks of load balancers whose X-Forwarded-For counts, comma-separated',
    fallback: null,
    absent: 'none',
  },
  CLIENTELE_MAIL: {
    about: "JSON object: the mail provider of the platform's own messages (invitations, password links)",
    fallback: null,
    absent: 'no messages are sent',
  },
  CLIENTELE_SMTP_CA: {
    about: "PEM text of an authority that clients' SMTP servers may use",
    fallback: null,
    absent: "the system's",
  },
  CLIENTELE_MAIL_ENDPOINTS: {
    about: "JSON object: other addresses of the mail providers' APIs (a proxy)",
    fallback: null,
    absent: 'their own',
  },
  CLIENTELE_MAX_FILE_BYTES: { about: 'the largest file that is taken, in bytes', fallback: '10485760' },
  CLIENTELE_TENANT_FILE_BYTES: {
    about: 'the most that all stored files of one tenant may have together, in bytes; a tenant may have its own limit',
    fallback: '21474836480',
  },
  CLIENTELE_MAX_IMPORT_BYTES: {
    about: 'the largest file that is taken for an import, in bytes',
    fallback: '1073741824',
  },
  CLIENTELE_VERIFY_AT_ONCE: {
    about: 'up to so many events the audit log is verified in the request itself; more is a job',
    fallback: '100000',
  },
  CLIENTELE_VALIDATE_AT_ONCE: {
    about: 'up to so many rows a file is validated in the request itself; more is a job',
    fallback: '50000',
  },
  CLIENTELE_JOB_SUPERVISION_SECONDS: {
    about: 'how often a worker looks for jobs whose worker is no more',
    fallback: '20',
  },
  CLIENTELE_VIRUS_SCAN: {
    about: 'clamd://host:port or unix:/path of a ClamAV daemon; files are refused while it does not answer',
    fallback: null,
    absent: 'files are stored as not scanned',
  },
  CLIENTELE_WEBHOOK_RETENTION_DAYS: {
    about:
      'how many days finished deliveries of webhooks, their attempts and their events are kept (events at least 30)',
    fallback: '30',
  },
  CLIENTELE_METRICS_TOKEN: {
    about: 'Bearer token that /metrics asks for',
    fallback: null,
    absent: 'only callers on this machine',
  },
  CLIENTELE_AUDIT_FORWARD: {
    about: 'JSON object: the syslog server or webhook that the audit logs of all tenants are forwarded to',
    fallback: null,
    absent: 'nowhere',
  },
  LOG_LEVEL: { about: 'debug, info, warn, error or silent; debug also shows stack traces', fallback: 'info' },
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof settings
/** Settings that always have a value. */
export type DefaultedSetting = {
  [Name in SettingName]: (typeof settings)[Name]['fallback'] extends string ? Name : never
}[SettingName]
