// Campaigns, delivery, inboxes and tracking, with their relational stores on MySQL or MariaDB.
import './testing/on-mysql.js';
import './campaign-run.spec.js';
import './delivery.spec.js';
import './delivery-channels.spec.js';
import './inbox-feed.spec.js';
import './inbox-service.spec.js';
import './inboxes.spec.js';
import './tracking.spec.js';
