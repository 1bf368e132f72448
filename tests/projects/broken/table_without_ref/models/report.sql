select x
from main.custmers
