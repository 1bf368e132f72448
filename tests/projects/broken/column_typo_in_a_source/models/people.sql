select
    pnr,
    kommune
from {{ source('raw', 'people') }}
