/** Stands in for zod's fifty languages of messages, 45 KB compressed; English comes in by another way. */
export {};
