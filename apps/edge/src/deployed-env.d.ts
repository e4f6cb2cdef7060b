// Written by scripts/types.ts from wrangler.jsonc.
interface __BaseEnv_DeployedEnv {
	MODELS: R2Bucket;
	EVENTS: AnalyticsEngineDataset;
	IP_LIMIT: RateLimit;
	KEY_LIMIT: RateLimit;
	PREDICT_ACCESS: string;
	CORS_ORIGINS: string;
	MAX_MULTIPLY_ADDS: string;
	MODEL_MEMORY_BYTES: string;
	SESSIONS: DurableObjectNamespace<import("./worker").Session>;
}
declare namespace Cloudflare {
	interface GlobalProps {
		mainModule: typeof import("./worker");
		durableNamespaces: "Session";
	}
	interface Env extends __BaseEnv_DeployedEnv {}
}
interface DeployedEnv extends __BaseEnv_DeployedEnv {}
type StringifyValues<EnvType extends Record<string, unknown>> = {
	[Binding in keyof EnvType]: EnvType[Binding] extends string ? EnvType[Binding] : string;
};
declare namespace NodeJS {
	interface ProcessEnv extends StringifyValues<Pick<Cloudflare.Env, "PREDICT_ACCESS" | "CORS_ORIGINS" | "MAX_MULTIPLY_ADDS" | "MODEL_MEMORY_BYTES">> {}
}
declare module "*.txt" {
	const value: string;
	export default value;
}
declare module "*.html" {
	const value: string;
	export default value;
}
declare module "*.sql" {
	const value: string;
	export default value;
}
declare module "*.bin" {
	const value: ArrayBuffer;
	export default value;
}
declare module "*.wasm" {
	const value: WebAssembly.Module;
	export default value;
}
declare module "*.wasm?module" {
	const value: WebAssembly.Module;
	export default value;
}