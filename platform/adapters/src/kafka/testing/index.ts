export { type KafkaHome, kafkaHome } from './kafka-home.js';
