export { type KafkaHome, kafkaHome } from './kafka-home.js';
export { type OwnBroker, ownBroker } from './own-broker.js';
export { removeTopics } from './remove-topics.js';
