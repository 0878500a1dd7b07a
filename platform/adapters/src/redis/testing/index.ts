export { type OwnRedis, ownRedis } from './own-redis.js';
export { type RedisHome, redisHome } from './redis-home.js';
