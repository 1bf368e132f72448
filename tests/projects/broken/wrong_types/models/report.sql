select sum(word) as y
from {{ ref('customers') }}
