from .tensor import *
from .creation import *
from . import ops, fused, nn
