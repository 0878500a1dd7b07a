// The contracts of all relational stores, on MySQL or MariaDB.
import './testing/on-mysql.js';
import './segment-catalog.spec.js';
import './sql-aggregate-store.spec.js';
import './sql-campaign-stores.spec.js';
import './sql-consent-store.spec.js';
import './sql-coordination.spec.js';
import './sql-delivery-stores.spec.js';
import './sql-due-index.spec.js';
import './sql-event-way.spec.js';
import './sql-segment-members.spec.js';
import './sql-segment-store.spec.js';
import './sql-tenancy-stores.spec.js';
