export { people, type RuleScenario, rules, scenarios } from './arbitrary-rule.js';
export { documentOf, eventsOf, type Person, type PersonEvent } from './person.js';
