import { Module } from '@nestjs/common';

/** For a role whose doors are not the framework's. */
@Module({})
export class NoControllers {}
