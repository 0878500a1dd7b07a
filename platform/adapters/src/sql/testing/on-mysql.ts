import { mysqlHome } from './mysql-home.js';
import { chooseTestHome } from './test-home.js';

// Imported before the specs that are to run on MySQL.
chooseTestHome(mysqlHome);
