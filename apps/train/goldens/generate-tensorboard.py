"""Event file as tensorboard's own writer makes it: python generate-tensorboard.py > tensorboard.json (needs tensorboard, numpy)."""
import io, json, struct
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

class Buffer(io.BytesIO):
    pass

buffer = Buffer()
writer = RecordWriter(buffer)
writer.write(Event(wall_time=1700000000.5, file_version="brain.Event:2").SerializeToString())
values = [Summary.Value(tag="train/loss", simple_value=0.1234), Summary.Value(tag="validation/MAE_y", simple_value=-2.5)]
writer.write(Event(wall_time=1700000001.25, step=300, summary=Summary(value=values)).SerializeToString())
writer.flush()
print(json.dumps({"hex": buffer.getvalue().hex()}))
