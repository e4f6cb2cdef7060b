/** TensorFlow 2.21 under tfjs-node 4.22: the files of npm and PyPI that make the engine, with their digests. */
import { TENSORFLOW_VERSION } from '@unroll/backend/tensorflow.ts';
import type { Device, NpmPackage, Release } from '../release.ts';
import { nvidiaWheels } from './nvidia.ts';

/** The packages hold the same code; the name tells tfjs whether to expect a GPU. */
const bindingMembers = /^(package\.json|dist\/(?!tests?\/).*\.js|binding\/[^/]+\.(cc|h))$/;

/** The binding writes TensorBoard summaries and SavedModels with it. */
const protobuf: NpmPackage = {
  name: 'google-protobuf',
  version: '3.21.4',
  integrity: 'sha512-MnG7N936zcKTco4Jd2PX2U96Kf9PxygAPKBug+74LHzmHXmceN16MmRcdgZv+DGef/S9YvQAfRsNCn4cjf9yyQ==',
  members: /^(package\.json|google-protobuf\.js|LICENSE\.md)$/,
};

const headers: NpmPackage = {
  name: 'node-api-headers',
  version: '1.9.0',
  integrity: 'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
  members: /^(package\.json|LICENSE|include\/[^/]+\.h)$/,
};

/** TensorFlow's C library and its headers. The Python version in a wheel's name does not matter: the library is the same in each. */
const tensorflowMembers =
  /^tensorflow\/(libtensorflow_(cc|framework)\.so\.2|include\/(tensorflow\/c\/.*|xla\/tsl\/c\/.*|.*\/ctstring.*)\.h|include\/LICENSE|THIRD_PARTY_NOTICES\.txt)$/;

export const tensorflowReleases: Readonly<Record<Device, Release>> = {
  cpu: {
    engine: 'tensorflow',
    device: 'cpu',
    version: TENSORFLOW_VERSION,
    binding: {
      name: '@tensorflow/tfjs-node',
      version: '4.22.0',
      integrity: 'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
      members: bindingMembers,
    },
    dependencies: [protobuf],
    headers,
    wheels: [
      {
        project: 'tensorflow-cpu',
        file: 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
        bytes: 274_000_871,
        sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
        members: tensorflowMembers,
        unpackedBytes: 854_369_258,
      },
    ],
  },
  gpu: {
    engine: 'tensorflow',
    device: 'gpu',
    version: TENSORFLOW_VERSION,
    binding: {
      name: '@tensorflow/tfjs-node-gpu',
      version: '4.22.0',
      integrity: 'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
      members: bindingMembers,
    },
    dependencies: [protobuf],
    headers,
    wheels: [
      {
        project: 'tensorflow',
        file: 'tensorflow-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
        bytes: 572_611_111,
        sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
        members: tensorflowMembers,
        unpackedBytes: 1_260_081_402,
      },
      ...nvidiaWheels,
    ],
  },
};
