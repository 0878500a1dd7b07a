export { type RedisHome, redisHome } from './redis-home.js';
