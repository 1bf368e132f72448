select pnr
from {{ source('raw', 'poeple') }}
