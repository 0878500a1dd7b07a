// What the stages do on relational stores, on MySQL or MariaDB.
import './testing/on-mysql.js';
import './database.spec.js';
import './inbound.spec.js';
import './sql-tenancy.spec.js';
import './tenant-sending-policy.spec.js';
