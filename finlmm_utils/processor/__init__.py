"""What makes text and pictures a policy's input: a loader, and a processor without torchvision."""

from finlmm_utils.processor.image_processor import ImageError as ImageError
from finlmm_utils.processor.image_processor import ImageOnlyProcessor as ImageOnlyProcessor
from finlmm_utils.processor.image_processor import ink_box as ink_box
from finlmm_utils.processor.image_processor import pixel_limits as pixel_limits
from finlmm_utils.processor.loading import HUB_FILES as HUB_FILES
from finlmm_utils.processor.loading import TINY as TINY
from finlmm_utils.processor.loading import PolicyError as PolicyError
from finlmm_utils.processor.loading import base_of as base_of
from finlmm_utils.processor.loading import limit_pixels as limit_pixels
from finlmm_utils.processor.loading import load_processor as load_processor
from finlmm_utils.processor.loading import resolve as resolve
